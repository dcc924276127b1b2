// sallyportd-mutant: the wallet's broker, built from sources in which a defence can be missing.
// Never shipped; sallyport-redteam --mutations shows with it that its attacks can fail.
#include "broker/wallet/wallet-app.h"

int main(int argc, char** argv) {
  return sallyport::runApp(
      argc, argv, sallyport::wallet::appDefinition(), SALLYPORT_BINARY_DIR "/bin");
}
