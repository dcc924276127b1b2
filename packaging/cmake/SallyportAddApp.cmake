# sallyport_add_app(<name> SOURCES <C++ files>… [LINK <libraries>…])
# One app from the folder of the calling CMakeLists.txt, which holds app.json, capabilities/ and web/ (an npm package
# whose `build` script writes web/dist). Gives
#   <build>/bin/<name>                     the app's broker, to be started
#   <build>/share/sallyport/apps/<name>/   app.json, capabilities/, web/, catalogue.json
#   web/src/generated/commands.ts          the commands as TypeScript, written by each build
# and install rules for the first two. A capability that names what does not exist stops the build.
function(sallyport_add_app name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  set(source ${CMAKE_CURRENT_SOURCE_DIR})
  set(web ${source}/web)
  set(app ${CMAKE_BINARY_DIR}/share/sallyport/apps/${name})

  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE Sallyport::App ${ARG_LINK})
  target_compile_definitions(${name} PRIVATE SALLYPORT_PROGRAMS="${SALLYPORT_PROGRAMS}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

  set(bindings ${web}/src/generated/commands.ts)
  add_custom_command(
    OUTPUT ${bindings}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${web}/src/generated
    COMMAND $<TARGET_FILE:${name}> --emit-bindings > ${bindings}
    DEPENDS ${name}
    COMMENT "Writing the bindings of ${name}"
    VERBATIM)

  # npm removes what its lock file does not name, so the client comes after it.
  set(packages ${web}/node_modules/.sallyport)
  file(GLOB_RECURSE api CONFIGURE_DEPENDS ${SALLYPORT_WEB_API}/*)
  add_custom_command(
    OUTPUT ${packages}
    COMMAND ${SALLYPORT_NPM} ci --prefer-offline --no-audit --no-fund --loglevel=error
    COMMAND ${CMAKE_COMMAND} -E copy_directory ${SALLYPORT_WEB_API} ${web}/node_modules/@sallyport/api
    COMMAND ${CMAKE_COMMAND} -E touch ${packages}
    DEPENDS ${web}/package.json ${web}/package-lock.json ${api}
    WORKING_DIRECTORY ${web}
    COMMENT "Installing the npm packages of ${name}"
    VERBATIM)

  file(GLOB_RECURSE page CONFIGURE_DEPENDS ${web}/src/* ${web}/public/*)
  list(REMOVE_ITEM page ${bindings})
  file(GLOB files CONFIGURE_DEPENDS ${web}/*.html ${web}/*.json ${web}/*.ts ${source}/capabilities/*.json)
  add_custom_command(
    OUTPUT ${app}/catalogue.json
    COMMAND ${SALLYPORT_NPM} run --silent build
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${app}
    COMMAND ${CMAKE_COMMAND} -E copy_directory ${web}/dist ${app}/web
    COMMAND ${CMAKE_COMMAND} -E copy_directory ${source}/capabilities ${app}/capabilities
    COMMAND ${CMAKE_COMMAND} -E copy ${source}/app.json ${app}/app.json
    COMMAND $<TARGET_FILE:${name}> --emit-catalogue > ${app}/catalogue.json.new
    COMMAND ${SALLYPORT_PROGRAMS}/sallyport capability check ${app} --catalogue ${app}/catalogue.json.new
    COMMAND ${CMAKE_COMMAND} -E rename ${app}/catalogue.json.new ${app}/catalogue.json
    DEPENDS ${name} ${bindings} ${packages} ${page} ${files} ${source}/app.json
    WORKING_DIRECTORY ${web}
    COMMENT "Building the page of ${name}"
    VERBATIM)
  add_custom_target(${name}-app ALL DEPENDS ${app}/catalogue.json)

  include(GNUInstallDirs)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY ${app} DESTINATION ${CMAKE_INSTALL_DATADIR}/sallyport/apps)
endfunction()
