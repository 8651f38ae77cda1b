import { bare } from "./bare.js";
onmessage = async (message) => {
  await bare(message.data);
  postMessage("ready");
};
