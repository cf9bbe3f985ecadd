namespace Nexo.Storage.Tests.Disk;

/// <summary>A directory of one test.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("nexo-test-").FullName;

    public string NameOf(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
