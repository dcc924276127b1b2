// sallyportd: the broker of the wallet.
#include "broker/wallet/wallet-app.h"

int main(int argc, char** argv) {
  return sallyport::runApp(argc, argv, sallyport::wallet::appDefinition());
}
