// The same as a module.
import * as sallyport from "/api.js";
import "/lent-calls.js";

useLent(sallyport);
