using Nexo.Engine.Store;
using Nexo.Protocol;

namespace Nexo.Server.Resp;

// Answers of which it is not known beforehand how many parts they have.
internal sealed partial class RespConnection
{
    private readonly FrameBuffer _scratch = new();
    private RespWriter? _scratchWriter;

    /// <summary>Empty when a handler begins; one that writes to it empties it again.</summary>
    public FrameBuffer Scratch => _scratch;

    /// <summary>Writes parts of an answer to <see cref="Scratch"/>.</summary>
    public RespWriter ScratchWriter
    {
        get
        {
            _scratchWriter ??= new RespWriter(_scratch);
            _scratchWriter.Version = Writer.Version;
            return _scratchWriter;
        }
    }

    /// <summary>True when the parts of an answer are more than one may have.</summary>
    public bool IsScratchFull => _scratch.Count > Server.AnswerBytesMax;

    /// <summary>Answers that the parts in <see cref="Scratch"/>, which are forgotten, are too many; false: they are not.</summary>
    public bool FailIfScratchFull()
    {
        if (!IsScratchFull)
        {
            return false;
        }

        _scratch.Dispose();
        Fail(RespErrors.AnswerTooLarge);
        return true;
    }

    /// <summary>Moves what was written to <see cref="Scratch"/> behind what was answered.</summary>
    public void AppendScratch()
    {
        Replies.Write(_scratch.Written.Span);
        _scratch.Clear();
    }

    /// <summary>Answers with the value in <see cref="Scratch"/>, with nothing if there is none, or with an error.</summary>
    public void EndScratchValue(StoreStatus status, in RespRequest request)
    {
        switch (status)
        {
            case StoreStatus.Ok:
                Writer.Bulk(_scratch.Written.Span);
                break;
            case StoreStatus.NotFound:
                Writer.Null();
                break;
            default:
                request.Fail(status);
                break;
        }

        _scratch.Clear();
    }

    /// <summary>What was done has changed the store, outside of a command that says so by its flags.</summary>
    public void NoteStoreWrite()
    {
        NoteWritten();
        if (Server.WritesWait)
        {
            AwaitLog();
        }
    }
}
