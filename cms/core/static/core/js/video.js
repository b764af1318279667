// A click on a film's picture puts the player in its place. Nothing is asked of the film's site before.

for (const link of document.querySelectorAll("a[data-player]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // to another tab or window
    event.preventDefault();
    const player = document.createElement("iframe");
    player.className = "video__player";
    player.src = link.dataset.player;
    player.title = link.textContent.trim();
    player.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
    player.referrerPolicy = "strict-origin-when-cross-origin"; // players refuse pages that they do not know
    link.replaceWith(player);
    player.focus();
  });
}
