/** Starts the page. */
import { createRoot } from "react-dom/client";
import "./styles/tokens.css";
import "./styles/document.css";
import "./styles/parts.css";
import "./styles/pages.css";
import "./styles/console.css";
import "./styles/composer.css";
import "./styles/timeline.css";
import "./styles/values.css";
import "./styles/side.css";
import "./styles/small.css";
import { App } from "./app";
import { lookWhoIsHere } from "./store/me";
import { applyLook } from "./views/theme";

applyLook();
void lookWhoIsHere();
const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<App />);
