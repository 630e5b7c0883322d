#include <boost/asio/impl/src.hpp>
#include <utility>
