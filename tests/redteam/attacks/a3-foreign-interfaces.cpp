// Calls of interfaces that other processes serve, on the one object that a renderer has.
#include "proto/admin.capnp.h"
#include "proto/frame.capnp.h"
#include "proto/net.capnp.h"
#include "proto/session.capnp.h"
#include "proto/vault.capnp.h"
#include "tests/redteam/foreign-interfaces.h"

namespace sallyport::redteam {
namespace {

const Registered A3(
    foreignInterfaces("A3",
                      "methods of the vault, admin, net and frame interfaces on the session object",
                      "unimplemented: the session ends",
                      {capnp::typeId<proto::Vault>(),
                       capnp::typeId<proto::Admin>(),
                       capnp::typeId<proto::Net>(),
                       capnp::typeId<proto::Frame>(),
                       capnp::typeId<proto::RendererControl>()},
                      0));

}  // namespace
}  // namespace sallyport::redteam
