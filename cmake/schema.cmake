# sallyport_schema(<name> [DEPENDS <other>…]): compiles proto/<name>.capnp into the library proto_<name>,
# included as "proto/<name>.capnp.h". One library a schema, so that boundaries.cmake sees who links which.
function(sallyport_schema name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/generated)
  set(header ${out}/proto/${name}.capnp.h)
  set(source ${out}/proto/${name}.capnp.c++)
  add_custom_command(
    OUTPUT ${header} ${source}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
    COMMAND ${CAPNP_EXECUTABLE} compile -o${CAPNPC_CXX_EXECUTABLE}:${out} --src-prefix=${CMAKE_SOURCE_DIR}
            ${CMAKE_SOURCE_DIR}/proto/${name}.capnp
    DEPENDS ${CMAKE_SOURCE_DIR}/proto/${name}.capnp
    COMMENT "Schema ${name}" VERBATIM)
  add_library(proto_${name} STATIC ${source} ${header})
  target_include_directories(proto_${name} SYSTEM PUBLIC ${out})
  target_link_libraries(proto_${name} PUBLIC PkgConfig::CAPNP)
  foreach(other ${ARG_DEPENDS})
    target_link_libraries(proto_${name} PUBLIC proto_${other})
  endforeach()
endfunction()
