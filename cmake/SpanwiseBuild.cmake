# SPDX-License-Identifier: Apache-2.0
# Build settings shared by every room, and the helper that declares a room.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# -O2 for what computes; rooms that read, write and print are LIGHT (-O1), which halves the time of a first build.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(SPANWISE_CCACHE ccache)
if(SPANWISE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${SPANWISE_CCACHE}")
  set(CMAKE_CUDA_COMPILER_LAUNCHER "${SPANWISE_CCACHE}")
endif()

add_library(spanwise_build INTERFACE)
target_include_directories(spanwise_build INTERFACE "${PROJECT_SOURCE_DIR}")
# -ffp-contract=off: predictions must be the same bytes on every x86-64 machine.
target_compile_options(spanwise_build INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wconversion
  -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wno-sign-conversion -ffp-contract=off>)
target_compile_definitions(spanwise_build INTERFACE SPANWISE_VERSION="${PROJECT_VERSION}")
# g++ 12 warns wrongly where a literal is added to a std::string (GCC bug 105651, fixed in 13), and of uninitialized
# members where a std::variant of vectors is assigned.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(spanwise_build INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict;-Wno-maybe-uninitialized>")
endif()
if(SPANWISE_WERROR)
  target_compile_options(spanwise_build INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(SPANWISE_SANITIZE)
  # Of -fsanitize=undefined without null, alignment, object-size and vptr: the address sanitizer stops at what they would
  # find here, and they take 40 % of the time to compile.
  string(JOIN "," sanitizers address bool bounds enum float-cast-overflow integer-divide-by-zero leak return shift
    signed-integer-overflow unreachable vla-bound)
  target_compile_options(spanwise_build INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer>)
  target_link_options(spanwise_build INTERFACE -fsanitize=${sanitizers})
endif()

# Several sources are compiled as one where the preset asks for it: a build from nothing takes a third of the time. A
# developer's build (preset dev) does not, so that a change compiles one file.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)

# spanwise_room(<name> SOURCES <file>... [USES <room>...] [LIBRARIES <target>...] [LIGHT] [PLAIN])
# One static library a room. USES names the rooms it may include; tests/architecture checks the includes. PLAIN: no
# optimisation under the sanitizers, where it costs more time to compile than it saves.
function(spanwise_room name)
  cmake_parse_arguments(ROOM "LIGHT;PLAIN" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(spanwise_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(spanwise_${name} PUBLIC spanwise_build)
  foreach(used ${ROOM_USES})
    target_link_libraries(spanwise_${name} PUBLIC spanwise_${used})
  endforeach()
  target_link_libraries(spanwise_${name} PRIVATE ${ROOM_LIBRARIES})
  if(ROOM_LIGHT)
    target_compile_options(spanwise_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  if(SPANWISE_SANITIZE AND ROOM_PLAIN)
    target_compile_options(spanwise_${name} PRIVATE -O0)
  endif()
endfunction()

function(spanwise_print_summary)
  message(STATUS "spanwise ${PROJECT_VERSION}: ${CMAKE_BUILD_TYPE}, ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  message(STATUS "  CUDA parts:  ${SPANWISE_CUDA_SUMMARY}")
  message(STATUS "  tests:       ${SPANWISE_TESTS}   sanitizers: ${SPANWISE_SANITIZE}   warnings are errors: ${SPANWISE_WERROR}")
  if(SPANWISE_CCACHE)
    message(STATUS "  ccache:      ${SPANWISE_CCACHE}")
  endif()
endfunction()
