@0xe31d5f7a90c2b846;
# Broker -> prompt: only its life. What is asked and answered goes between vault and prompt (prompt.capnp).
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("sallyport::proto");

interface PromptControl {
  # Served by the prompt, called by the broker. Bootstrap object of the broker's link. No secrets, no text.
  ping @0 () -> ();
  close @1 () -> ();                           # declines what is open and exits
}
