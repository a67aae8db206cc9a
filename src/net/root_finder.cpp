#include "pglakebase/net/root_finder.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "pglakebase/core/unique_fd.hpp"

namespace pglakebase {
namespace {

constexpr time_t k_patience_s = 5;  // for connecting, and again for each answer
// Length and code: PostgreSQL's SSLRequest.
constexpr unsigned char k_ssl_request[] = {0, 0, 0, 8, 4, 210, 22, 47};

struct Free {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
  void operator()(SSL* ssl) const { ::SSL_free(ssl); }
  void operator()(BIO* bio) const { ::BIO_free(bio); }
  void operator()(X509_STORE* store) const { ::X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { ::X509_STORE_CTX_free(context); }
};
template <typename Type>
using Owned = std::unique_ptr<Type, Free>;

bool is_address(const std::string& host) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

UniqueFd connect_one(const addrinfo& address) {
  UniqueFd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{k_patience_s, 0};
  // (Linux keeps to the sending limit while it connects, too.)
  if (!fd.valid() ||
      ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
      ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
      ::connect(fd.get(), address.ai_addr, address.ai_addrlen) != 0)
    return {};
  return fd;
}

UniqueFd connect_to(const TlsServer& server) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  if (!server.address.empty()) hints.ai_flags = AI_NUMERICHOST;
  const std::string& name = server.address.empty() ? server.host : server.address;
  addrinfo* found = nullptr;
  if (::getaddrinfo(name.c_str(), server.port.c_str(), &hints, &found) != 0)
    throw RootError("the host " + name + " is not known");
  const Owned<addrinfo> list(found);
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next)
    if (UniqueFd fd = connect_one(*one); fd.valid()) return fd;
  throw RootError("the host " + name + " cannot be reached");
}

void ask_for_tls(int fd) {
  char answer = 0;
  if (::send(fd, k_ssl_request, sizeof k_ssl_request, MSG_NOSIGNAL) != sizeof k_ssl_request ||
      ::recv(fd, &answer, 1, 0) != 1 || answer != 'S')
    throw RootError("the server does not speak TLS");
}

// Who the certificate must be for.
bool expect_host(X509_VERIFY_PARAM* parameters, const std::string& host) {
  if (is_address(host)) return ::X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
  ::X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return ::X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size()) == 1;
}

// (What the macro SSL_set_tlsext_host_name does.)
bool send_name(SSL* ssl, const std::string& host) {
  return is_address(host) ||
         ::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                    const_cast<char*>(host.c_str())) == 1;
}

// libpq will have this root alone.
bool suffices(const SSL* ssl, X509* root, const std::string& host) {
  const Owned<X509_STORE> store(::X509_STORE_new());
  const Owned<X509_STORE_CTX> context(::X509_STORE_CTX_new());
  STACK_OF(X509)* sent = ::SSL_get_peer_cert_chain(ssl);
  if (!store || !context || sent == nullptr || ::sk_X509_num(sent) < 1) return false;
  return ::X509_STORE_add_cert(store.get(), root) == 1 &&
         ::X509_STORE_CTX_init(context.get(), store.get(), sk_X509_value(sent, 0), sent) == 1 &&
         ::X509_STORE_CTX_set_default(context.get(), "ssl_server") == 1 &&
         expect_host(::X509_STORE_CTX_get0_param(context.get()), host) &&
         ::X509_verify_cert(context.get()) == 1;
}

// With the restrictions that the bundle may put on it.
std::string pem_of(X509* root) {
  const Owned<BIO> out(::BIO_new(::BIO_s_mem()));
  const bool restricted =
      ::X509_get0_trust_objects(root) != nullptr || ::X509_get0_reject_objects(root) != nullptr;
  if (!out || (restricted ? ::PEM_write_bio_X509_AUX(out.get(), root)
                          : ::PEM_write_bio_X509(out.get(), root)) != 1)
    throw std::bad_alloc();
  char* data = nullptr;
  const long size = ::BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

RootFinder::RootFinder(const std::string& bundle) : context_(::SSL_CTX_new(::TLS_client_method())) {
  if (!context_ || ::SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION) != 1)
    throw std::bad_alloc();
  ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  if (::SSL_CTX_load_verify_locations(context_.get(), bundle.c_str(), nullptr) != 1)
    throw RootError("no roots can be read from " + bundle);
}

std::string RootFinder::find(const TlsServer& server) const {
  const UniqueFd fd = connect_to(server);
  ask_for_tls(fd.get());
  const Owned<SSL> ssl(::SSL_new(context_.get()));
  if (!ssl || ::SSL_set_fd(ssl.get(), fd.get()) != 1 ||
      !expect_host(::SSL_get0_param(ssl.get()), server.host) || !send_name(ssl.get(), server.host))
    throw std::bad_alloc();
  if (::SSL_connect(ssl.get()) != 1 || ::SSL_get_verify_result(ssl.get()) != X509_V_OK)
    throw RootError("the server " + server.host + " is not verified");
  STACK_OF(X509)* chain = ::SSL_get0_verified_chain(ssl.get());
  const int length = chain != nullptr ? ::sk_X509_num(chain) : 0;
  X509* root = length > 0 ? sk_X509_value(chain, length - 1) : nullptr;
  if (root == nullptr || !suffices(ssl.get(), root, server.host))
    throw RootError("no single root vouches for " + server.host);
  ::SSL_shutdown(ssl.get());
  return pem_of(root);
}

}  // namespace pglakebase
