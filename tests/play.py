"""Plays animations in a real browser: python -m tests.play FILE... (needs playwright and a Chromium).

Prints for each file what the browser says of it, and saves a screenshot from its middle beside it.
"""

from __future__ import annotations

import base64
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".gif": "image/gif", ".webp": "image/webp"}

# Pictures cannot be asked for their time: WebCodecs decodes them as the browser would.
PICTURE = """async ([data, type]) => {
  const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
  const decoder = new ImageDecoder({data: bytes, type});
  await decoder.tracks.ready;
  const track = decoder.tracks.selectedTrack;
  let total = 0, picture = null;
  for (let i = 0; i < track.frameCount; i++) {
    const {image} = await decoder.decode({frameIndex: i});
    total += image.duration / 1e6;
    if (i === Math.floor(track.frameCount / 2)) {
      const canvas = document.createElement('canvas');
      canvas.width = image.displayWidth; canvas.height = image.displayHeight;
      canvas.getContext('2d').drawImage(image, 0, 0);
      picture = canvas;
    }
    image.close();
  }
  document.body.replaceChildren(picture);
  return {frames: track.frameCount, seconds: total, width: picture.width, height: picture.height};
}"""

VIDEO = """async ([data, type]) => {
  const video = document.createElement('video');
  video.muted = true;
  video.src = `data:${type};base64,${data}`;
  document.body.replaceChildren(video);
  await new Promise((ready, failed) => {
    video.onloadeddata = ready;
    video.onerror = () => failed(video.error.message);
  });
  await video.play();
  video.pause();
  video.currentTime = video.duration / 2;
  await new Promise(ready => { video.onseeked = ready; });
  return {seconds: video.duration, width: video.videoWidth, height: video.videoHeight};
}"""


def blank_page() -> str:
    """The address of an empty page on this machine: decoding needs what browsers call a secure context."""

    class Blank(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><link rel=icon href=data:,><body style=margin:0>")

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Blank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def main(files: list[str]) -> None:
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        page.on("console", lambda message: print("console:", message.text))
        page.on("pageerror", lambda error: print("error:", error))
        page.goto(blank_page())
        for path in map(Path, files):
            kind = TYPES[path.suffix]
            data = base64.b64encode(path.read_bytes()).decode()
            said = page.evaluate(VIDEO if kind.startswith("video") else PICTURE, [data, kind])
            shot = path.with_name(f"{path.name}.shot.png")
            page.screenshot(path=shot)
            print(path.name, said, shot.name)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
