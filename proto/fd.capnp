@0xd3a9c1b7e05f4a61;
# A descriptor in transit between two trusted processes. Never part of the renderer's schema.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("sallyport::proto");

interface Fd {
  # Carries exactly one descriptor beside the message (SCM_RIGHTS): the sender's server object answers
  # getFd(), the receiver calls getFd() on the client and duplicates it. Has no methods.
  # A receiver that gets an Fd without a descriptor treats the call as failed.
}
