# sallyport_schema(<name> [DEPENDS <other>…]): compiles proto/<name>.capnp into the library proto_<name>,
# included as "proto/<name>.capnp.h". One library a schema, so that boundaries.cmake sees who links which.
# From Cap'n Proto 0.11 on, that a dropped call is cancelled is an annotation, which 0.9 does not know: a copy of the
# schema with that line is what is compiled there (proto/cancellation.h is the run-time half for 0.9).
if(CAPNP_VERSION VERSION_GREATER_EQUAL 0.11)
  set(SALLYPORT_SCHEMA_DIR ${CMAKE_BINARY_DIR}/schema)
else()
  set(SALLYPORT_SCHEMA_DIR ${CMAKE_SOURCE_DIR})
endif()

function(sallyport_schema name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/generated)
  set(header ${out}/proto/${name}.capnp.h)
  set(source ${out}/proto/${name}.capnp.c++)
  set(schema ${SALLYPORT_SCHEMA_DIR}/proto/${name}.capnp)
  if(CAPNP_VERSION VERSION_GREATER_EQUAL 0.11)
    file(READ ${CMAKE_SOURCE_DIR}/proto/${name}.capnp text)
    string(REPLACE "$Cxx.namespace(" "$Cxx.allowCancellation;\n$Cxx.namespace(" text "${text}")
    file(CONFIGURE OUTPUT ${schema} CONTENT "${text}" @ONLY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/proto/${name}.capnp)
  endif()
  add_custom_command(
    OUTPUT ${header} ${source}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
    COMMAND ${CAPNP_EXECUTABLE} compile -o${CAPNPC_CXX_EXECUTABLE}:${out} --src-prefix=${SALLYPORT_SCHEMA_DIR} ${schema}
    DEPENDS ${schema}
    COMMENT "Schema ${name}" VERBATIM)
  add_library(proto_${name} STATIC ${source} ${header})
  target_include_directories(proto_${name} SYSTEM PUBLIC $<BUILD_INTERFACE:${out}>)
  target_link_libraries(proto_${name} PUBLIC PkgConfig::CAPNP)
  foreach(other ${ARG_DEPENDS})
    target_link_libraries(proto_${name} PUBLIC proto_${other})
  endforeach()
endfunction()
