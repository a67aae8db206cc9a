#include <iostream>
#include <pqxx/pqxx>
#include <string>

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    pqxx::connection connection("service=orders");
    pqxx::work work(connection);
    std::cout << work.exec1("select current_user")[0].as<std::string>() << std::endl;
  }
}
