namespace Nexo.Engine.Streams;

/// <summary>What is to be done for sinks once no lock is held any more.</summary>
internal sealed class GroupWork
{
    [ThreadStatic]
    private static GroupWork? _spare;

    private readonly List<IStreamGroupSink> _touched = [];
    private readonly List<(IStreamGroupSink Sink, StreamStatus Why)> _ended = [];
    private List<StreamFollower>? _readable;

    public static GroupWork Rent()
    {
        GroupWork work = _spare ?? new GroupWork();
        _spare = null;
        return work;
    }

    /// <summary>It was given something, and is to be flushed.</summary>
    public void Touch(IStreamGroupSink sink)
    {
        if (_touched.Count == 0 || _touched[^1] != sink)
        {
            _touched.Add(sink);
        }
    }

    public void End(IStreamGroupSink sink, StreamStatus why) => _ended.Add((sink, why));

    /// <summary>Followers of another stream that can read on.</summary>
    public ref List<StreamFollower>? Readable => ref _readable;

    /// <summary>Does it, without any lock, and gives itself back.</summary>
    public void Run()
    {
        StreamFollower.Wake(_readable);
        _readable = null;
        foreach (IStreamGroupSink sink in _touched)
        {
            sink.Flush();
        }

        foreach ((IStreamGroupSink sink, StreamStatus why) in _ended)
        {
            sink.OnEnd(why);
        }

        _touched.Clear();
        _ended.Clear();
        _spare = this;
    }
}
