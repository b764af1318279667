// Starts the fields and panels of the admin, which Wagtail starts with a script of their own each: the policy of the
// admin allows no script in a page. A template says what to call, as data; only names of fields can be called.
(() => {
  const STARTERS = /^(?:init(?:Date|Time|DateTime)Chooser|create[A-Z]\w*Chooser|[A-Z]\w*Chooser|[A-Z]\w*Panel)$/;

  const PICKERS = /^init(?:Date|Time|DateTime)Chooser$/;

  const start = (place) => {
    const { call, args } = place.dataset;
    place.remove();
    const starter = STARTERS.test(call) && window[call];
    if (typeof starter !== "function") return;
    if (/^[A-Z]/.test(call)) Reflect.construct(starter, JSON.parse(args));
    else starter(...withRoom(call, JSON.parse(args)));
  };

  // The calendar of a date opens below its field and moves what follows; it would lie over the form's own buttons.
  const withRoom = (call, args) => {
    const field = PICKERS.test(call) && document.getElementById(args[0]);
    if (!field) return args;
    const room = document.createElement("div");
    room.className = "nhip-picker";
    room.id = `${field.id}-picker`;
    field.after(room);
    return [args[0], { ...args[1], parentID: `#${CSS.escape(room.id)}` }];
  };

  // An open calendar closes as soon as something else is pressed. Its room stays until the press is over: the button
  // that is pressed would move away from under the pointer, and a click beside it closes the dialog instead.
  const PRESS = 500; // milliseconds; a touch clicks a moment after it has ended
  let over = 0;

  const keepRooms = () => {
    clearTimeout(over);
    for (const room of document.querySelectorAll(".nhip-picker")) room.style.minHeight = `${room.offsetHeight}px`;
  };

  const giveRooms = () => {
    clearTimeout(over);
    over = setTimeout(() => {
      for (const room of document.querySelectorAll(".nhip-picker")) room.style.minHeight = "";
    }, PRESS);
  };

  addEventListener("pointerdown", keepRooms, true);
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, giveRooms, true);

  const startWithin = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE || !node.isConnected) return;
    if (node.matches("[data-nhip-start]")) start(node);
    else for (const place of node.querySelectorAll("[data-nhip-start]")) start(place);
  };

  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) startWithin(node);
  }).observe(document, { childList: true, subtree: true });
})();
