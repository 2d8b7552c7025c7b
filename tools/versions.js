// The switch between the book's versions, at the site's root: the same page in another version, or
// the first where it has no such page.

(({ versions }) => {
  const root = new URL(".", document.currentScript.src).href;
  const [here, ...page] = location.href.split(/[?#]/)[0].slice(root.length).split("/");
  const menu = document.querySelector(".versions select");
  if (!menu) return;
  const wanted = page.join("/");
  menu.replaceChildren(
    ...versions.map(({ name, says }) => new Option(says, name, name === here, name === here)),
  );
  menu.addEventListener("change", () => {
    const { name, pages } = versions.find((one) => one.name === menu.value);
    location.href = `${root}${name}/${pages.includes(wanted) ? wanted : "book/intro.html"}`;
  });
  // After the browser's way back the menu would still show where it led.
  addEventListener("pageshow", () => {
    menu.value = here;
  });
})(globalThis);
