// The time in whole seconds, again each second.
import { useEffect, useState } from "react";

const seconds = () => Math.floor(Date.now() / 1000);

export function useNow(): number {
  const [now, setNow] = useState(seconds);
  useEffect(() => {
    const timer = setInterval(() => setNow(seconds()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
