// Certificates that a remote origin trusts beside the engine's own. Runs in the renderer: it
// protects an honest page from the network, not anybody from the page.
#pragma once

#include <QList>
#include <QSslCertificate>
#include <QString>
#include <string>
#include <vector>

namespace sallyport::renderer {

// Once, before the first question. What is no certificate is left out.
void trustOnly(const std::vector<std::string>& authorities);

// Whether these lead from the host's own certificate to one that was given. False when none was.
bool isTrusted(const QList<QSslCertificate>& chain, const QString& host);

}  // namespace sallyport::renderer
