import { describe, expect, it } from "vitest";

import { measure } from "../src/screening";
import { LAPTOP } from "./fakes";

const AGENTS: Record<string, [string, string, number]> = {
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0": ["Firefox", "desktop", 0],
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0":
    ["Edge", "desktop", 0],
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1":
    ["Safari", "mobile", 5],
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":
    ["Safari", "tablet", 5],
  "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Safari/537.36":
    ["Samsung Internet", "tablet", 5],
  "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/6.0 TV Safari/537.36":
    ["Tizen", "unknown", 0],
  nonsense: ["", "unknown", 0],
};

describe("measure", () => {
  it("says what a laptop is", async () => {
    expect(await measure(LAPTOP)).toEqual({
      browser: "Chrome",
      browser_version: "141.0.0.0",
      os: "Windows",
      device: "desktop",
      webrtc: true,
      touch: false,
      screen: [1920, 1080],
      languages: ["en-GB", "en"],
    });
  });

  it.each(Object.entries(AGENTS))("tells browsers and devices apart: %s", async (userAgent, [browser, device, touch]) => {
    const navigator = { ...LAPTOP.navigator, userAgent, maxTouchPoints: touch };
    expect(await measure({ ...LAPTOP, navigator })).toMatchObject({ browser, device, touch: touch > 0 });
  });

  it("sees that a browser connects to nobody directly", async () => {
    const { navigator, screen } = LAPTOP;
    expect(await measure({ navigator, screen })).toMatchObject({ webrtc: false });
  });

  it("keeps to what the server takes", async () => {
    const languages = Array.from({ length: 30 }, () => "x".repeat(300));
    const navigator = { ...LAPTOP.navigator, languages };
    const measured = await measure({ ...LAPTOP, navigator });
    expect(measured.languages?.map(({ length }) => length)).toEqual(Array.from({ length: 20 }, () => 200));
  });
});
