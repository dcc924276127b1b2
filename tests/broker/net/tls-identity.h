// A TLS server's key and certificate, made for one test and signed by itself.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace sallyport::net {

class TlsIdentity {
 public:
  // altName: "IP:127.0.0.1" or "DNS:example.org". days: of validity from now; negative: expired.
  explicit TlsIdentity(const std::string& altName, long days = 1) {
    m_key.reset(EVP_EC_gen("P-256"));
    m_certificate.reset(X509_new());
    X509* cert = m_certificate.get();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -10 * 86'400);
    X509_gmtime_adj(X509_getm_notAfter(cert), days * 86'400);
    X509_set_pubkey(cert, m_key.get());
    X509_NAME* name = X509_get_subject_name(cert);
    const unsigned char text[] = "sallyport test";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(cert, name);
    extend(NID_basic_constraints, "critical,CA:TRUE");
    extend(NID_subject_alt_name, altName);
    if (X509_sign(cert, m_key.get(), EVP_sha256()) == 0) throw std::runtime_error("no certificate");
    m_context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(m_context.get(), cert);
    SSL_CTX_use_PrivateKey(m_context.get(), m_key.get());
  }

  SSL_CTX* context() const { return m_context.get(); }

  void writeCertificate(const std::filesystem::path& file) const {
    std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), m_certificate.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    std::ofstream(file, std::ios::binary).write(text, size);
  }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free(bio); }
  };

  void extend(int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    X509_add_ext(m_certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  std::unique_ptr<EVP_PKEY, Free> m_key;
  std::unique_ptr<X509, Free> m_certificate;
  std::unique_ptr<SSL_CTX, Free> m_context;
};

}  // namespace sallyport::net
