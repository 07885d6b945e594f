#!/bin/sh
# Unpacks a Prometheus 3 and its promtool from Debian's newer suites into .cache/prometheus, for tests that compare with the real one.
# Nothing is installed: Debian stable has version 2, and a machine may have that for itself.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
into=$root/.cache/prometheus
is_there() { "$into/usr/bin/prometheus" --version 2>/dev/null | grep -q 'version 3\.' && [ -x "$into/usr/bin/promtool" ]; }
is_there && exit 0
command -v apt-get >/dev/null && command -v dpkg >/dev/null || { echo "prometheus: no apt here to fetch it with" >&2; exit 1; }
# The mirror that this machine has its own packages from.
mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | head -1)
[ -n "$mirror" ] || { echo "prometheus: apt knows no mirror" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for suite in testing unstable; do
  mkdir -p "$work/$suite/lists/partial" "$work/$suite/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/$suite/sources"
  apt() {
    apt-get -qq -o Dir::Etc::SourceList="$work/$suite/sources" -o Dir::Etc::SourceParts=/dev/null -o APT::Sandbox::User=root \
      -o Dir::State::Lists="$work/$suite/lists" -o Dir::Cache="$work/$suite" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@"
  }
  (cd "$work/$suite" && apt update && apt download prometheus promtool) || continue
  rm -rf "$into"
  mkdir -p "$into"
  for package in "$work/$suite"/*.deb; do dpkg -x "$package" "$into"; done
  is_there && { echo "prometheus: $("$into/usr/bin/prometheus" --version | head -1)"; exit 0; }
done
echo "prometheus: no version 3 could be had from Debian's newer suites" >&2
exit 1
