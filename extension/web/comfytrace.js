// An entry in ComfyUI's sidebar that leads to comfytrace's own page. It asks nobody for anything until it is clicked.

const kAddressSetting = "comfytrace.address";
const kDefaultAddress = "http://127.0.0.1:8199";

/** The address of comfytrace's page as the user set it; null if that is no address of a web page. */
export function pageAddress(app) {
  let told;
  try {
    told = app.extensionManager.setting.get(kAddressSetting);
  } catch {
    told = undefined; // a ComfyUI without that interface
  }
  const text = typeof told === "string" && told.trim() !== "" ? told.trim() : kDefaultAddress;
  try {
    const address = new URL(text);
    return ["http:", "https:"].includes(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}

function line(document, text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

function render(app, element) {
  const document = element.ownerDocument;
  const box = document.createElement("div");
  box.style.padding = "12px";
  const address = pageAddress(app);
  if (address === null) {
    box.append(line(document, 'The setting "Address of comfytrace" is no address of a web page.'));
  } else {
    const link = document.createElement("a");
    link.href = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.textContent = "Open comfytrace";
    box.append(link, line(document, address));
    box.append(line(document, "Nothing there? Start it with: comfytrace serve"));
  }
  element.replaceChildren(box);
}

/** Does nothing where ComfyUI has no such interface. */
export function attach(app) {
  try {
    app.registerExtension({
      name: "comfytrace",
      settings: [{ id: kAddressSetting, name: "Address of comfytrace", type: "text", defaultValue: kDefaultAddress }],
      setup() {
        if (typeof app.extensionManager?.registerSidebarTab !== "function") return;
        app.extensionManager.registerSidebarTab({
          id: "comfytrace",
          icon: "pi pi-history",
          title: "comfytrace",
          tooltip: "comfytrace: what ran here, how long each node took, and why it failed",
          type: "custom",
          render: (element) => render(app, element),
        });
      },
    });
  } catch (error) {
    console.warn("comfytrace: no sidebar entry", error);
  }
}

// Not at the top of the file: what is not there must be no error of this page.
import("../../scripts/app.js").then(({ app }) => attach(app), () => undefined);
