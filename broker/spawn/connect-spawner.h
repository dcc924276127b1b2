// The broker's implementation of SpawnerLink over the control socket.
#pragma once

#include "broker/spawn/spawner-link.h"

namespace sallyport::spawn {

// control: the broker's end of the socketpair that runSpawner() serves. Everything fails with a KJ
// exception of type DISCONNECTED once the spawner is gone. A spawn() that is dropped before it
// answers ends the process it started. spawner: a child of this process, which is not behind
// Landlock yet.
kj::Own<SpawnerLink> connectSpawner(kj::AutoCloseFd control,
                                    kj::UnixEventPort& eventPort,
                                    pid_t spawner);

}  // namespace sallyport::spawn
