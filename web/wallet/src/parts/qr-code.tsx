// A QR code as one SVG path, drawn here: no picture, no server.
import { useMemo } from "react";
import { encode } from "uqr";

import classes from "./qr-code.module.css";

export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => {
    const code = encode(text, { ecc: "M", border: 2 });
    const cells = code.data.flatMap((row, y) =>
      row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])),
    );
    return { size: code.size, path: cells.join("") };
  }, [text]);
  return (
    <svg
      className={classes.code}
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
      data-testid="receive-qr"
      data-text={text}
    >
      <path d={path} fill="#0c1413" />
    </svg>
  );
}
