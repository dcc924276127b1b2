// sallyport-renderer: Qt WebEngine and one page, in the cage, with two descriptors: 3 is the
// session, 4 the private Wayland socket. Hostile by policy; the broker believes nothing from here.
#include "renderer/run.h"

int main(int argc, char** argv) { return sallyport::renderer::run(argc, argv); }
