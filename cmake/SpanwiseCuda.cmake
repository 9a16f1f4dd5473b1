# SPDX-License-Identifier: Apache-2.0
# CUDA is optional: found, the CUDA parts build; absent, too old or broken, everything else does and the summary says why.

# C++20 and compute capability 9.0a need nvcc 12.0, CUPTI's range profiler 12.6.
set(SPANWISE_OLDEST_NVCC 12.6)

function(spanwise_nvcc_version nvcc result)
  execute_process(COMMAND "${nvcc}" --version OUTPUT_VARIABLE said ERROR_QUIET)
  string(REGEX MATCH "release ([0-9]+\\.[0-9]+)" matched "${said}")
  set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()

macro(spanwise_enable_cuda)
  enable_language(CUDA)
  # CMake 3.25.1 (Debian 12) does not know nvcc's C++20 flag.
  if(CMAKE_VERSION VERSION_LESS 3.25.2 AND NOT DEFINED CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
endmacro()

set(SPANWISE_CUDA_SUMMARY "off")
if(SPANWISE_CUDA)
  # The toolkit's installer leaves nvcc outside PATH, where CMake does not look.
  find_program(SPANWISE_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
  mark_as_advanced(SPANWISE_NVCC)
  set(SPANWISE_CUDA_SUMMARY "nvcc not found; everything else works")
  if(SPANWISE_NVCC)
    spanwise_nvcc_version("${SPANWISE_NVCC}" nvcc_version)
    if(nvcc_version VERSION_LESS SPANWISE_OLDEST_NVCC)
      set(SPANWISE_CUDA_SUMMARY
        "off: ${SPANWISE_NVCC} is version ${nvcc_version}, ${SPANWISE_OLDEST_NVCC} is the oldest that works; everything else works")
    else()
      if(NOT DEFINED ENV{CUDACXX})
        set(ENV{CUDACXX} "${SPANWISE_NVCC}")
      endif()
      set(CMAKE_CUDA_ARCHITECTURES 90a CACHE STRING "CUDA architectures")
      include(CheckLanguage)
      check_language(CUDA)
      if(CMAKE_CUDA_COMPILER)
        spanwise_enable_cuda()
        set(SPANWISE_CUDA_SUMMARY "on (${CMAKE_CUDA_COMPILER} ${CMAKE_CUDA_COMPILER_VERSION})")
      else()
        set(SPANWISE_CUDA_SUMMARY "off: ${SPANWISE_NVCC} cannot compile here (wrong host compiler?); everything else works")
      endif()
    endif()
  endif()
endif()
