use std::fs::{self, File, FileTimes};
use std::io;
use std::path::Path;

/// Copies a folder with the times of its files, by which cargo sees that nothing has to be compiled again.
pub fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            copy_file(&entry.path(), &target)?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    let metadata = fs::metadata(from)?;
    // A sealed file is read-only, and so would its copy be.
    let mut permissions = metadata.permissions();
    make_writable(&mut permissions);
    fs::set_permissions(to, permissions)?;
    let times = FileTimes::new().set_modified(metadata.modified()?).set_accessed(metadata.accessed()?);
    File::options().write(true).open(to)?.set_times(times)
}

fn make_writable(permissions: &mut fs::Permissions) {
    use std::os::unix::fs::PermissionsExt;
    permissions.set_mode(permissions.mode() | 0o600);
}
