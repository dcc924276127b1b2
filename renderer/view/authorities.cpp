// See authorities.h. Nothing else in this process speaks TLS through Qt, so its default list is
// ours.
#include "renderer/view/authorities.h"

#include <QByteArray>
#include <QSslConfiguration>
#include <QSslError>

namespace sallyport::renderer {

void trustOnly(const std::vector<std::string>& authorities) {
  QList<QSslCertificate> certificates;
  for (const auto& authority : authorities) {
    certificates += QSslCertificate::fromData(QByteArray::fromStdString(authority), QSsl::Pem);
  }
  auto configuration = QSslConfiguration::defaultConfiguration();
  configuration.setCaCertificates(certificates);
  QSslConfiguration::setDefaultConfiguration(configuration);
}

bool isTrusted(const QList<QSslCertificate>& chain, const QString& host) {
  return !chain.isEmpty() &&
         !QSslConfiguration::defaultConfiguration().caCertificates().isEmpty() &&
         QSslCertificate::verify(chain, host).isEmpty();
}

}  // namespace sallyport::renderer
