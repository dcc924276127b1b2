// In a frame or a worker: what it has of the bridge, told to whoever made it. A bridge that it finds is used at once.
const has = [typeof qt, typeof __SALLYPORT__, typeof QWebChannel].join();
const tell = (text) => {
  if (typeof WorkerGlobalScope === "undefined") {
    const name = new URLSearchParams(location.search).get("name") || globalThis.frameName;
    parent.postMessage({ name, has: text }, "*");
  } else if (typeof ServiceWorkerGlobalScope !== "undefined") {
    // That it is registered says enough.
  } else if (typeof SharedWorkerGlobalScope === "undefined") {
    postMessage({ has: text });
  } else {
    onconnect = ({ ports }) => ports[0].postMessage({ has: text });
  }
};
tell(has);
if (typeof __SALLYPORT__ !== "undefined") {
  __SALLYPORT__.then((bridge) => bridge.invoke("cmd_write_log", '{"level":"info","message":"@STOLEN by a frame"}'));
}
