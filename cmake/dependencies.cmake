# Every library the project uses, and every flag that all of it must agree on. Reasons: docs/dependencies.md.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(ZLIB REQUIRED)
find_library(RE2_LIBRARY re2 REQUIRED)
find_library(ZSTD_LIBRARY zstd REQUIRED)
if(COMFYTRACE_TESTS AND NOT COMFYTRACE_FUZZ)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

# A translation unit that differs from the others in one BOOST_* macro crashes at run time: all of them live here.
add_library(ct_flags INTERFACE)
target_include_directories(ct_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_include_directories(ct_flags SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_compile_definitions(ct_flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ALLOW_DEPRECATED_HEADERS COMFYTRACE_VERSION="${PROJECT_VERSION}")
target_compile_options(ct_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(ct_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fcoroutines>
    # g++ 12 reports these on code of the standard library and of Boost at -O2.
    -Wno-error=maybe-uninitialized -Wno-error=restrict -Wno-error=stringop-overflow -Wno-error=array-bounds
    -Wno-error=free-nonheap-object -Wno-error=mismatched-new-delete -Wno-error=dangling-pointer)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Loops over columns join conditions without a branch on purpose.
  target_compile_options(ct_flags INTERFACE -Wno-bitwise-instead-of-logical)
endif()
target_link_libraries(ct_flags INTERFACE Threads::Threads)
if(COMFYTRACE_SANITIZE)
  set(flags -fsanitize=${COMFYTRACE_SANITIZE})
  if(COMFYTRACE_SANITIZE MATCHES "undefined")
    # The other checks multiply the compile time of template-heavy units threefold and add little here.
    list(APPEND flags -fno-sanitize=null,vptr,alignment,object-size)
  endif()
  if(COMFYTRACE_SANITIZE MATCHES "thread")
    target_compile_definitions(ct_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
    target_compile_options(ct_flags INTERFACE -Wno-tsan)
  endif()
  target_compile_options(ct_flags INTERFACE ${flags})
  target_link_options(ct_flags INTERFACE ${flags})
endif()
if(COMFYTRACE_FUZZ)
  target_compile_options(ct_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Boost's own code, compiled once.
add_library(ct_boost STATIC ${PROJECT_SOURCE_DIR}/cmake/boost_json.cc ${PROJECT_SOURCE_DIR}/cmake/boost_asio.cc ${PROJECT_SOURCE_DIR}/cmake/boost_asio_ssl.cc ${PROJECT_SOURCE_DIR}/cmake/boost_beast.cc)
target_link_libraries(ct_boost PUBLIC ct_flags OpenSSL::SSL OpenSSL::Crypto)
target_compile_options(ct_boost PRIVATE -Wno-error -w)
