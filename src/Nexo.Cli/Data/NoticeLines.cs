using Nexo.Cli.Terminal;
using Nexo.Storage;

namespace Nexo.Cli.Data;

/// <summary>What the storage has to tell, as remarks for people.</summary>
internal sealed class NoticeLines(CommandRun run) : IStorageObserver
{
    public void Notice(StorageLevel level, string message)
    {
        if (level > StorageLevel.Information)
        {
            run.Remark(message);
        }
    }

    public void Progress(long bytesDone, long bytesTotal, long records)
    {
    }
}
