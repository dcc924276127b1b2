// A classic worker that borrows the page's bridge, as a bundler makes it.
importScripts("/api-classic.js", "/lent-calls.js");
useLent(sallyport);
