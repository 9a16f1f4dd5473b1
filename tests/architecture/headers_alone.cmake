# SPDX-License-Identifier: Apache-2.0
# Every header compiles alone. A header with a .cc of its own is the first include there (the include test checks that),
# so the ordinary build proves it. For each of the others one source file is generated that includes nothing else.
set(alone_sources "")
foreach(room core patterns hwmodels sim kernels measure tuner reports cli)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/${room}/*.h")
  list(FILTER headers EXCLUDE REGEX "^kernels/cuda/")
  foreach(header ${headers})
    string(REGEX REPLACE "\\.h$" ".cc" own_source "${header}")
    if(NOT EXISTS "${PROJECT_SOURCE_DIR}/${own_source}")
      set(alone "${CMAKE_CURRENT_BINARY_DIR}/alone/${own_source}")
      file(CONFIGURE OUTPUT "${alone}" CONTENT "#include \"${header}\"\n" @ONLY)
      list(APPEND alone_sources "${alone}")
    endif()
  endforeach()
endforeach()

add_library(spanwise_headers_alone OBJECT ${alone_sources})
target_link_libraries(spanwise_headers_alone PRIVATE spanwise_build Eigen3::Eigen)
# Headers of one instruction set stand behind a target pragma where they are used.
target_compile_options(spanwise_headers_alone PRIVATE -Wno-psabi)
