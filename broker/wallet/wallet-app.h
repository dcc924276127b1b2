// The wallet as an app: what `sallyportd` runs. Runs in the broker.
#pragma once

#include "broker/daemon/app.h"

namespace sallyport::wallet {

AppDefinition appDefinition();

}  // namespace sallyport::wallet
