# Warnings are errors for our code; generated schema code is compiled as a system header and without them.
add_library(sallyport_warnings INTERFACE)
target_compile_options(sallyport_warnings INTERFACE
  -Wall -Wextra -Werror -Wshadow=local -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
  -Wunused -Woverloaded-virtual -Wimplicit-fallthrough -Wformat=2 -Wnull-dereference
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op>
  # GCC 12 and 14 report these inside inlined library templates, never in our code.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-error=null-dereference -Wno-error=maybe-uninitialized -Wno-error=stringop-overflow -Wno-error=array-bounds -Wno-error=restrict -Wno-error=dangling-reference>)
