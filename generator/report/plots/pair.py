def pair_plots(record, pair):
    return ()
