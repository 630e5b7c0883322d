#include <boost/beast/src.hpp>
#include <utility>
