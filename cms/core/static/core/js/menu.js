// The menus are <details>, which work without this. Here they close as people expect: at Escape, which leads back to the
// button; at a click elsewhere; when the keyboard has left them.
(() => {
  const menus = [...document.querySelectorAll(".site-header details")];
  const open = () => menus.filter((menu) => menu.open);

  addEventListener("keydown", (event) => {
    const innermost = event.key === "Escape" && open().findLast((menu) => menu.contains(document.activeElement));
    const closed = innermost || (event.key === "Escape" && open().at(-1));
    if (!closed) return;
    closed.open = false;
    closed.querySelector("summary").focus();
  });

  addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });

  for (const menu of menus) {
    menu.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
    });
  }
})();
