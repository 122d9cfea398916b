#!/bin/sh
# report.html in headless Chromium: it is drawn whole, the console stays empty, and no request leaves the file.
set -u
. "${0%/*}/tap.sh"
top=$2
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
names='the_page_is_drawn_whole the_console_has_no_error no_request_leaves_the_file the_page_prints'
if [ -z "$browser" ]; then
  for name in $names; do
    if [ "${CI:-}" = true ]; then not_ok "$name" 'no chromium, and CI=true'; else skip "$name" 'no chromium'; fi
  done
  finish
fi

mkdir "$work/run"
cp "$top/tests/cmd/fixtures/report/metrics.json" "$top/tests/cmd/fixtures/report/study.lock.yaml" "$work/run/"
"$hepar" report -q "$work/run" || { echo 'Bail out! no report'; exit 1; }
page=file://$work/run/report.html

# All names resolve to nowhere, and a net log records every request that the page makes.
open_page() {
  log=$1; shift
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir="$work/profile" --host-resolver-rules='MAP * ~NOTFOUND' \
    --enable-logging=stderr --v=0 --log-net-log="$work/net.json" --virtual-time-budget=5000 "$@" "$page" 2>"$log"
}
open_page "$work/console" --dump-dom > "$work/dom"
check the_page_is_drawn_whole sh -c 'grep -q "</html>" "$1" && [ $(grep -c "<svg" "$1") -ge 14 ] && [ $(grep -c "<h2>" "$1") = 14 ]' sh "$work/dom"
check the_console_has_no_error sh -c '! grep "CONSOLE" "$1"' sh "$work/console"
# A request that a page makes has the page as initiator ("null" for a file); "not an origin" are the browser's own.
made_by_page() { grep '"initiator":"' "$work/net.json" | grep -v '"initiator":"not an origin"' | grep -o '"url":"[^"]*"'; }
requests=$(made_by_page)
if grep -q '"initiator":"not an origin"' "$work/net.json" && [ -z "$requests" ]; then ok no_request_leaves_the_file
else not_ok no_request_leaves_the_file "$requests"; fi
open_page "$work/console" --no-pdf-header-footer --print-to-pdf="$work/page.pdf" > /dev/null
check the_page_prints sh -c '[ "$(head -c 5 "$1")" = %PDF- ]' sh "$work/page.pdf"

# The test can fail: a page that asks for a picture and logs an error is caught.
printf '<!DOCTYPE html><img src="http://example.invalid/x.png"><script>console.error("seen")</script>' > "$work/run/report.html"
open_page "$work/console" --dump-dom > "$work/dom"
check an_error_on_the_console_would_be_seen grep -q CONSOLE "$work/console"
if made_by_page | grep -q example.invalid; then ok a_request_would_be_seen; else not_ok a_request_would_be_seen "$(made_by_page)"; fi
finish
