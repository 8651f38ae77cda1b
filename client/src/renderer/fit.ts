// Where the picture goes: as large as the space allows, the scene's aspect ratio kept, one pixel of the back buffer for
// each pixel of the display. Pure.

export interface Space {
  left: number; // CSS pixels, of the page
  top: number;
  width: number;
  height: number;
}

export interface Fit {
  bufferWidth: number; // device pixels
  bufferHeight: number;
  cssWidth: number;
  cssHeight: number;
  marginLeft: number; // CSS pixels inside the space, such that the picture starts on a device pixel
  marginTop: number;
  scale: number; // device pixels per scene pixel
}

const MAX_BUFFER = 4096; // every WebGL that we support can do this; a larger display gets a slightly soft picture

export function fit(scene: { width: number; height: number }, space: Space, ratio: number): Fit {
  const zoom = Math.min(space.width / scene.width, space.height / scene.height);
  const scale = Math.min(zoom * ratio, MAX_BUFFER / scene.width, MAX_BUFFER / scene.height);
  const shrink = (zoom * ratio) / scale;
  const bufferWidth = Math.max(1, Math.floor(scene.width * scale));
  const bufferHeight = Math.max(1, Math.floor(scene.height * scale));
  const cssWidth = (bufferWidth * shrink) / ratio;
  const cssHeight = (bufferHeight * shrink) / ratio;
  return {
    bufferWidth,
    bufferHeight,
    cssWidth,
    cssHeight,
    marginLeft: onDevicePixel(space.left, (space.width - cssWidth) / 2, ratio),
    marginTop: onDevicePixel(space.top, 0, ratio),
    scale,
  };
}

function onDevicePixel(origin: number, offset: number, ratio: number): number {
  return Math.ceil((origin + offset) * ratio - 1e-6) / ratio - origin;
}
