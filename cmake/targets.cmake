# The three kinds of target. Include root is the source tree: "broker/session/guard.h".

# In the preset lint clang-tidy reads a source before it is compiled, so that only what changed since it was clean, its
# headers and the checks included, is read again. What moc writes below the build tree is not ours: one check that it
# cannot fail, because clang-tidy wants one.
if(SALLYPORT_CLANG_TIDY)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/.clang-tidy CONTENT "InheritParentConfig: true\nChecks: '-*,misc-static-assert'\n")
endif()
function(sallyport_lint name)
  if(SALLYPORT_CLANG_TIDY)
    set_target_properties(${name} PROPERTIES CXX_CLANG_TIDY "${SALLYPORT_CLANG_TIDY};--quiet")
    set_source_files_properties(${ARGN} PROPERTIES OBJECT_DEPENDS ${CMAKE_SOURCE_DIR}/.clang-tidy)
  endif()
endfunction()

# sallyport_library(<name> SOURCES … [LINK …] [PRIVATE_LINK …])
function(sallyport_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  sallyport_mutate(ARG_SOURCES ARG_PRIVATE_LINK)
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK} $<BUILD_INTERFACE:sallyport_warnings>)
  sallyport_lint(${name} ${ARG_SOURCES})
endfunction()

# sallyport_process(<name> SOURCES … LINK …): a shipped binary, collected in build/<preset>/bin.
function(sallyport_process name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  sallyport_mutate(ARG_SOURCES ARG_LINK)
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} sallyport_warnings)
  sallyport_lint(${name} ${ARG_SOURCES})
endfunction()

# sallyport_test(<name> SOURCES … LINK … [LABELS …] [TIMEOUT seconds]): one doctest program, one ctest entry.
function(sallyport_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests-bin)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} sallyport_doctest_main sallyport_warnings)
  target_compile_definitions(${name} PRIVATE SALLYPORT_SOURCE_DIR="${CMAKE_SOURCE_DIR}" SALLYPORT_BINARY_DIR="${CMAKE_BINARY_DIR}")
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_test(NAME ${name} COMMAND ${name} --minimal --no-intro=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" RUN_SERIAL "${ARG_SERIAL}")
endfunction()
