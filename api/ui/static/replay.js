// Places the replay player once its service worker answers. The player opens its frame as soon as the worker is
// registered; a worker that is still being installed does not answer, the frame gets the server's "not found", and
// when the worker then claims the frame before it has loaded, the player takes it for a good one and stays empty.
(function () {
  "use strict";

  var BASE = "/replay/";
  var SCRIPT = BASE + "sw.js?serveIndex=1"; // the very address the player registers, or there would be two workers

  function activated(worker) {
    return new Promise(function (resolve, reject) {
      function look() {
        if (worker.state === "activated") resolve();
        if (worker.state === "redundant") reject(new Error("the player's service worker was thrown away"));
      }
      worker.addEventListener("statechange", look);
      look();
    });
  }

  function place() {
    document.body.append(document.getElementById("player").content.cloneNode(true));
  }

  if (!navigator.serviceWorker) {
    place(); // it says itself why this browser or address cannot replay
    return;
  }
  navigator.serviceWorker.register(SCRIPT, { scope: BASE }).then(function (registration) {
    return activated(registration.active || registration.waiting || registration.installing);
  }).then(place).catch(function (error) {
    document.getElementById("problem").hidden = false;
    console.error(error);
  });
})();
