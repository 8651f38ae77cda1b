export type Kind = "webgl" | "canvas";

/** WebGL where there is hardware for it. In software it costs 0.6 of a core per page, and the 2D canvas next to nothing. */
export function chooseKind(force: Kind | undefined): Kind {
  return force ?? (hasHardwareWebGL() ? "webgl" : "canvas");
}

/** `?renderer=canvas` or `?renderer=webgl` in the page's address overrides the choice, for tests and for diagnosis. */
export function forcedKind(query: string): Kind | undefined {
  const named = new URLSearchParams(query).get("renderer");
  return named === "canvas" || named === "webgl" ? named : undefined;
}

function hasHardwareWebGL(): boolean {
  const gl = document.createElement("canvas").getContext("webgl", { failIfMajorPerformanceCaveat: true });
  if (!gl) return false;
  const software = isSoftware(rendererName(gl));
  gl.getExtension("WEBGL_lose_context")?.loseContext(); // browsers allow only a few contexts at a time
  return !software;
}

function rendererName(gl: WebGLRenderingContext): string {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  return String(name);
}

/** Whether a WebGL renderer draws on the CPU. Browsers that were told to use such a one do not call it a caveat. */
export function isSoftware(renderer: string): boolean {
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
}
