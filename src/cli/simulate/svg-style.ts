/** Colours of the picture for light and for dark pages. Kinds are told apart by words and shades as well as by colour. */
export const svgStyle = `
text { font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1b1f24; }
.title { font-size: 17px; font-weight: 600; }
.small, .tick, .inside { font-size: 11px; }
.small, .tick { fill: #57606a; }
.tick { text-anchor: middle; }
.name { text-anchor: end; }
.bold { font-weight: 600; }
.page { fill: #ffffff; }
.stripe { fill: #f3f5f8; }
.grid { stroke: #d5dae1; stroke-width: 1; }
.wait { stroke: #8c96a3; stroke-width: 1; stroke-dasharray: 1 3; }
.detect { fill: #8250df; }
.respond { fill: #57606a; }
.prepare { fill: #9a6700; }
.restore { fill: #0969da; }
.start { fill: #1a7f37; }
.inside { fill: #ffffff; pointer-events: none; }
.assumed { fill-opacity: 0.72; }
.not-before { fill-opacity: 0.3; stroke: #57606a; stroke-width: 1; stroke-dasharray: 3 2; }
.unknown { fill: url(#hatch); stroke: #cf222e; stroke-width: 1; }
.hatch { stroke: #cf222e; stroke-width: 1.5; }
.critical { fill: #cf222e; }
.target { stroke: #1b1f24; stroke-width: 2; }
.target-head { fill: #1b1f24; }
.breached { fill: #b3261e; font-weight: 600; }
.unsure { fill: #8a5a00; font-weight: 600; }
.met { fill: #1a7f37; font-weight: 600; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.small, .tick { fill: #9aa4af; }
.page { fill: #0d1117; }
.stripe { fill: #161b22; }
.grid { stroke: #2b323b; }
.wait { stroke: #6e7883; }
.detect { fill: #8957e5; }
.respond { fill: #6e7681; }
.prepare { fill: #9e6a03; }
.restore { fill: #1f6feb; }
.start { fill: #238636; }
.not-before { stroke: #9aa4af; }
.unknown, .hatch { stroke: #ff7b72; }
.critical { fill: #ff7b72; }
.target { stroke: #e6edf3; }
.target-head { fill: #e6edf3; }
.breached { fill: #ff7b72; }
.unsure { fill: #e3b341; }
.met { fill: #56d364; }
}`;
