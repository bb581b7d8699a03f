"""The two forms of the tests, and how much slower than planned a machine may be.

SENTIMENT_RELIABILITY=full has more of everything in `reliability`, loads of two minutes, and the tests of `FURTHER`. It
is for a machine that does nothing else.
"""

import os

import pytest

FULL = os.environ.get("SENTIMENT_RELIABILITY") == "full"
only_in_full = pytest.mark.skipif(not FULL, reason="takes some time; in the full form, see SENTIMENT_RELIABILITY")
LOAD_SECONDS = float(os.environ.get("SENTIMENT_LOAD_SECONDS", "120" if FULL else "3"))
SLACK = 0.05 if FULL else 3.0  # seconds; on a machine that does other things, processes wait for one another

# Long tests of what shorter ones test as well, at another place or with another example: the usual form does without.
FURTHER = (
    "benchmarks/test_layers.py",
    "benchmarks/test_predictions.py",
    "benchmarks/test_scaling.py::test_a_smoke_run",
    "cli/test_evaluating.py::test_a_file_of_the_same_labels",
    "cli/test_predicting.py::test_a_run_of_several_classes_predicts_each_and_says_how_sure_it_is[unordered",
    "cli/test_process.py::test_a_stopped_training_says",
    "cli/test_process.py::test_evaluate_json_on_a_full_disk",
    "cli/test_publishing.py::test_a_run_is_exported_for_tensorflow_serving",
    "data/test_parquet.py::test_the_other_columns_take_little_memory_as_well[bytes]",
    "data/test_parquet.py::test_the_other_columns_take_little_memory_as_well[map]",
    "data/test_parquet.py::test_the_other_columns_take_little_memory_as_well[other",
    "data/test_parquet.py::test_the_other_columns_take_little_memory_as_well[struct]",
    "data/test_sample.py::test_a_recurrent_net",
    "data/test_sources.py::test_a_bomb_is_refused_by_name_before_it_is_unpacked[.json-.bz2",
    "data/test_sources.py::test_a_bomb_is_refused_by_name_before_it_is_unpacked[.parquet-.bz2",
    "everyday/test_recipe.py::test_other_short_texts_are_other_lessons",
    "experiments/test_comparison.py::test_a_run_with_other_teachers_is_not_replaced",
    "experiments/test_comparison.py::test_results_of_one_file_with_other_labels",
    "experiments/test_comparison.py::test_self_training_makes_one_run",
    "experiments/test_label_efficiency.py::test_label_efficiency_is_measured_on_reviews_of_several_classes",
    "experiments/test_label_efficiency.py::test_self_training_learns_from_predictions",
    "experiments/test_shipped_models.py::test_a_flagship_of_other_reviews",
    "experiments/test_shipped_models.py::test_the_compact_model_reuses",
    "explain/test_views.py::test_any_review_can_be_drawn_and_the_same_one_gives_the_same_picture[text1",
    "explain/test_views.py::test_any_review_can_be_drawn_and_the_same_one_gives_the_same_picture[text2",
    "layers/test_derivatives.py::test_second_derivatives_and_forward_mode_equal_keras[portable",
    "layers/test_jax_threads.py::test_nothing_waits_for_ever[four threads",
    "layers/test_masks.py::test_with_a_mask_outputs_states_and_gradients_equal_keras[portable-float",
    "layers/test_masks.py::test_with_a_mask_outputs_states_and_gradients_equal_keras[portable-int",
    "layers/test_other_processors.py::test_the_kernel_computes_the_same_with_shorter_vectors[haswell",
    "networks/test_onnx_graph.py::test_a_thousand_real_reviews_are_the_same_to_one_in_a_hundred_thousand[bilstm",
    "networks/test_onnx_graph.py::test_a_thousand_real_reviews_are_the_same_to_one_in_a_hundred_thousand[gru",
    "networks/test_onnx_graph.py::test_a_thousand_real_reviews_are_the_same_to_one_in_a_hundred_thousand[lstm",
    "packaging/test_wheel.py::test_a_training_lies_in_the_user_s_data_folder",
    "parallel/test_ray_tasks.py::test_networks_of_workers_of_which_one_is_killed",
    "parallel/test_ray_tasks.py::test_the_error_of_a_worker",
    "reliability/test_full_disk.py::test_a_journal_on_a_full_disk",
    "report/test_report_in_browser.py::test_nothing_lies_beyond_the_edge_and_text_stands_out_from_its_ground[1000",
    "report/test_report_in_browser.py::test_nothing_lies_beyond_the_edge_and_text_stands_out_from_its_ground[1280-light",
    "report/test_report_in_browser.py::test_nothing_lies_beyond_the_edge_and_text_stands_out_from_its_ground[400-dark",
    "scoring/test_cluster.py::test_a_job_that_is_killed",
    "scoring/test_cluster.py::test_a_node_that_is_killed",
    "scoring/test_s3.py::test_a_job_from_bucket_to_bucket_that_is_killed",
    "search/test_searching.py::test_a_network_that_diverges",
    "search/test_searching.py::test_the_command_that_is_named_trains",
    "support/test_threads.py::test_once_tensorflow_has_started",
    "teaching/test_self_training.py::test_every_round_has_new_excerpts",
    "teaching/test_self_training.py::test_self_training_resumes_in_the_round",
    "test_end_to_end.py::test_a_few_reviews_of_one_s_own",
    "test_end_to_end.py::test_reviews_of_more_than_two_classes",
    "test_other_back_ends.py::test_regularised_training_is_the_same_on_another_back_end[jax",
    "test_spark.py::test_every_row_has_what_a_predictor_says_of_its_text[imdb/compact",
    "training/test_classifier.py::test_a_resumed_training_ends_with_the_figures_of_an_uninterrupted_one[3",
    "training/test_classifier.py::test_a_training_that_was_stopped_inside_an_epoch_ends_with_the_very_weights_of_one_that_was_not[12",
    "training/test_classifier.py::test_an_epoch_reads_the_set_number_of_excerpts_and_at_most_one_of_a_review[settings1",
    "training/test_classifier.py::test_an_epoch_reads_the_set_number_of_excerpts_and_at_most_one_of_a_review[settings2",
    "training/test_classifier.py::test_another_seed",
    "training/test_regularisation.py::test_a_real_adversarial_step_changes_the_weights_and_still_learns[bilstm",
    "training/test_regularisation.py::test_a_real_adversarial_step_changes_the_weights_and_still_learns[custom-lstm-virtual",
    "training/test_regularisation.py::test_a_real_adversarial_step_changes_the_weights_and_still_learns[gru-adversarial",
    "training/test_regularisation.py::test_a_real_adversarial_step_changes_the_weights_and_still_learns[lstm",
    "training/test_scripts.py::test_a_network_solves_what_n_grams_of_characters_solve_where_there_are_no_blanks[Japanese",
    "training/test_scripts.py::test_training_works_in_any_script_with_blanks[Arabic",
    "training/test_scripts.py::test_training_works_in_any_script_with_blanks[Hindi",
    "training/test_several_classes.py::test_a_network_teaches_itself_them",
    "training/test_several_classes.py::test_every_architecture_learns_them_and_answers_with_them[bilstm",
    "training/test_several_classes.py::test_every_architecture_learns_them_and_answers_with_them[lstm",
    "training/test_several_classes.py::test_harder_steps_learn_them_as_well[classes1",
    "training/test_several_classes.py::test_they_are_learnt_from_teachers_too[several",
)
