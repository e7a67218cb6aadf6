"""How much memory may be taken."""

from tfgan_contra.memory import available_bytes


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def available(folder):
    return available_bytes(str(folder / "meminfo"), str(folder / "cgroup"))


def test_the_kernel_says_what_is_available(tmp_path):
    write(tmp_path / "meminfo", "MemTotal: 99 kB\nMemAvailable:     1000 kB\n")
    assert available(tmp_path) == 1000 * 1024


def test_a_container_may_have_less(tmp_path):
    write(tmp_path / "meminfo", "MemAvailable: 1000 kB\n")
    folder = tmp_path / "cgroup"
    write(folder / "memory.max", "50000\n")
    write(folder / "memory.current", "30000\n")
    write(folder / "memory.stat", "anon 7\ninactive_file 4000\n")
    assert available(tmp_path) == 24000
    write(folder / "memory.max", "max\n")
    assert available(tmp_path) == 1000 * 1024


def test_older_containers_have_other_files(tmp_path):
    folder = tmp_path / "cgroup" / "memory"
    write(folder / "memory.limit_in_bytes", "700\n")
    write(folder / "memory.usage_in_bytes", "900\n")
    write(folder / "memory.stat", "total_inactive_file 100\n")
    assert available(tmp_path) == 0
    write(folder / "memory.usage_in_bytes", "300\n")
    assert available(tmp_path) == 500


def test_without_either_it_is_half_of_the_machine(tmp_path):
    assert 1 << 28 < available(tmp_path) < 1 << 46
    assert 0 < available_bytes() < 1 << 46
