@0xe1b7c40d92f5638a;
# Broker -> chooser: one dialog in which the user picks files. The process lives as long as the question.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("sallyport::proto");
using import "fd.capnp".Fd;

const maxPickedFiles :UInt32 = 16;
const maxFileFilters :UInt32 = 8;
const maxFilterExtensions :UInt32 = 16;
const maxFilterNameBytes :UInt32 = 64;
const maxFileNameBytes :UInt32 = 255;

interface Chooser {
  # Served by the chooser, called by the broker only. Bootstrap object.

  choose @0 (question :FileQuestion) -> (files :List(PickedFile));
  # Once. No files: the user said no. Dropping the call closes the dialog.
}

struct FileQuestion {
  app @0 :Text;                                # title of the app, for the dialog's words
  window @1 :Text;                             # label
  kind @2 :Kind;
  suggestedName @3 :Text;                      # save: one name, no slash, no dot at its start; may be empty
  filters @4 :List(FileFilter);                # what the dialog shows; "all files" is always offered beside them

  enum Kind {
    open @0;                                   # one file, to read
    openMany @1;
    edit @2;                                   # one file, to read and write
    save @3;                                   # one file, to write; made when it is not there
  }
}

struct FileFilter {
  name @0 :Text;
  extensions @1 :List(Text);                   # letters and digits, without the dot
}

struct PickedFile {
  name @0 :Text;                               # without its folder
  file @1 :Fd;                                 # regular; opened as the question's kind says
}
