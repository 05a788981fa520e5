// Renews the part of a page that shows a run under way, until it has ended.
(() => {
  const box = document.querySelector("[data-live]");
  const open = () => box.querySelector("[data-open]");
  const renew = async () => {
    try {
      const answer = await fetch(box.dataset.live, { headers: { Accept: "text/html" }, redirect: "error" });
      if (answer.ok) box.innerHTML = await answer.text();
    } catch {
      // The server may be away for a moment; the next round asks again.
    }
    if (open()) setTimeout(renew, 1500);
    else location.reload();
  };
  if (box && open()) setTimeout(renew, 700);
})();
